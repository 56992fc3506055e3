// Starts a worker thread: TypeScript is run as it stands, by tsx.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
