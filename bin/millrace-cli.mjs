#!/usr/bin/env node
// Starts the command line: TypeScript is run as it stands, by tsx.
import { register } from 'tsx/esm/api';

register();
await import('./cli.ts');
