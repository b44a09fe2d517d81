// npm run docs: brings the tables of docs/configuration.md level with the schemas that check the configuration file.
import { readFileSync, writeFileSync } from 'node:fs';
import { fillReference } from '../src/config/reference.ts';

const page = new URL('../docs/configuration.md', import.meta.url);
writeFileSync(page, fillReference(readFileSync(page, 'utf8')));
