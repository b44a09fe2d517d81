// One project per kind of test (architecture.md, "Tests"): `npm test -- --selectProjects unit`.
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' }, sourceMaps: 'inline' },
  ],
};

const project = (name) => ({
  displayName: name,
  rootDir: import.meta.dirname,
  roots: [`<rootDir>/test/${name}`],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  transform,
});

export default {
  // Of tests that name none: the machine may have much else to do.
  testTimeout: 120_000,
  projects: ['unit', 'contract', 'scenario', 'audio', 'integration', 'e2e'].map(project),
};
