import type { Browser } from 'playwright-core';

export const MISSING: string;

/** The browser to drive: what NATTER_CHROMIUM names, or the first that the PATH holds; undefined if there is none. */
export function findChromium(): string | undefined;

/** Starts it without a window; its profile is a temporary folder that goes when it is closed. */
export function launchChromium(executablePath: string): Promise<Browser>;
