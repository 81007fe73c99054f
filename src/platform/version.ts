declare const __TUNNELS_VERSION__: string | undefined;

/** The package's version; the build writes it in, so that no file is read at start. Sources run by the tests have none. */
export const VERSION: string = typeof __TUNNELS_VERSION__ === 'string' ? __TUNNELS_VERSION__ : '0.0.0-source';
