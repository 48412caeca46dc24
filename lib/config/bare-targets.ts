import type { Checked, Service } from '../words/service.ts';
import { checkConfig } from './check-config.ts';

/** Bare URLs, as in `puptime probe redis://cache:6379`: services by themselves, named by their hosts. */
export async function servicesOfTargets(
  targets: readonly string[],
  cwd: string,
): Promise<Checked<readonly Service[]>> {
  // JSON, so that nothing in a URL has to be quoted for YAML; a dollar on the command line is a dollar.
  const text = JSON.stringify({ services: targets.map((target) => target.replaceAll('$', '$$$$')) });
  const checked = await checkConfig([{ file: '-', text }], { cwd, env: {} });
  if (checked.ok) return { ok: true, value: checked.value.config.services };
  const problems = checked.problems.map((problem) => ({
    ...problem,
    file: 'command line',
    line: null,
    col: null,
    path: '',
  }));
  return { ok: false, problems };
}
