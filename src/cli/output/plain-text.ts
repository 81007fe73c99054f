export { oneLine } from '../../model/plain-text.ts';
