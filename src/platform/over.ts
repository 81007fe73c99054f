/**
 * The reason of a signal that ends with what it belonged to, where nobody asks for it. Made once: without a reason a signal makes
 * an error of its own each time, whose stack holds what called it for as long as the signal lives.
 */
export const OVER = new Error('it is over');
