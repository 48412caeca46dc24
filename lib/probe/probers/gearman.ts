import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Prober, type Target } from '../prober.ts';
import { GEARMAN_CODES, GEARMAN_FACTS, gearmanDefaults } from './gearman/gearman-facts.ts';
import { readStatus, readVersion } from './gearman/answers.ts';
import { functionFacts } from './gearman/function-facts.ts';

const PORT = 4730;

export const gearman: Prober<object, typeof GEARMAN_FACTS> = {
  type: 'gearman',
  proves:
    'The job server answers the commands of its administration and lists its functions; the function that the path names has a worker. No job is queued.',
  schemes: [
    { scheme: 'gearman', port: PORT, shape: 'path' },
    { scheme: 'gearmans', port: PORT, tls: true, shape: 'path' },
  ],
  example: 'gearman://jobs.example.org/resize_image',
  options: {},
  facts: GEARMAN_FACTS,
  codes: GEARMAN_CODES,
  proxy: true,
  defaults: (_options, scheme) => gearmanDefaults(scheme),
  prepare({ target }) {
    if (target === null)
      throw new InvalidOptions('target', 'there is none, expected gearman://HOST/FUNCTION');
    const name = functionOf(target);
    const dialOptions = target.scheme === 'gearmans' ? { tls: {} } : {};
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial(dialOptions);
        await conversation.write('version\nstatus\n');
        context.see({ version: await readVersion(conversation) });
        context.see(functionFacts(await readStatus(conversation), name));
        conversation.end();
      },
    };
  },
};

/** Null: all functions. It is compared with what the server lists, and never sent. */
function functionOf({ path }: Target): string | null {
  const name = path.replace(/^\//, '');
  if (name === '') return null;
  // eslint-disable-next-line no-control-regex -- these cannot be in a line of the list
  if (name === PLACEHOLDER || !/[\u0000-\u001f\u007f]/.test(name)) return name;
  throw new InvalidOptions(
    'target',
    `saw the path "${safeLine(path, 40)}", expected the name of a function such as /resize_image`,
  );
}
