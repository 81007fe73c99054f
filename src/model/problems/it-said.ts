/** What somebody else said, as a sentence of its own, so that the next one does not run into it; empty where nothing was said. */
export const itSaid = (said: string): string => (said === '' ? '' : ` It said: ${said}${/[.!?]$/.test(said) ? '' : '.'}`);
