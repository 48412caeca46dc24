declare const PUPTIME_VERSION: string | undefined;

/** Baked in when bundled; run from source it is no release. */
export const VERSION = typeof PUPTIME_VERSION === 'string' ? PUPTIME_VERSION : '0.0.0-source';
