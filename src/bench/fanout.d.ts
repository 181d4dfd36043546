export declare function benchFanout(show: (figure: object) => void): Promise<void>;
