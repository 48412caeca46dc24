/** Put in by the bundler; not there when the sources run by themselves. */
declare const PUPTIME_VERSION: string | undefined;

/** puptime’s version as in package.json: `0.1.0`; `0.0.0-source` when the sources run unbundled. */
export const VERSION: string = typeof PUPTIME_VERSION === 'string' ? PUPTIME_VERSION : '0.0.0-source';
