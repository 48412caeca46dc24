import { defineConfig } from 'vitest/config';

const PROBERS = 'test/probe/**/*.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 5_000,
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'puptime',
          include: ['test/**/*.test.ts'],
          exclude: [PROBERS],
          // real processes: two files at once is what two cores bear without disturbing each other’s clocks
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'probers',
          include: [PROBERS],
          // mostly they wait for servers to start and for probes to time out
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
