import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Prober, type Target } from '../prober.ts';
import { BEANSTALKD_CODES, BEANSTALKD_FACTS, beanstalkdDefaults } from './beanstalkd/beanstalkd-facts.ts';
import { readStatistics } from './beanstalkd/statistics.ts';
import { serverFacts, tubeFacts } from './beanstalkd/statistics-facts.ts';

const PORT = 11300;

export const beanstalkd: Prober<object, typeof BEANSTALKD_FACTS> = {
  type: 'beanstalkd',
  proves: 'It tells its statistics, takes new jobs (is not draining), and has the tube that the path names.',
  schemes: [{ scheme: 'beanstalkd', port: PORT, shape: 'path' }],
  example: 'beanstalkd://queue.example.org/emails',
  options: {},
  facts: BEANSTALKD_FACTS,
  codes: BEANSTALKD_CODES,
  proxy: true,
  defaults: beanstalkdDefaults,
  prepare({ target }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected beanstalkd://HOST/TUBE');
    const tube = tubeOf(target);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        await conversation.write(`stats\r\n${tube === null ? '' : `stats-tube ${tube}\r\n`}`);
        const server = await readStatistics(conversation, 'stats');
        context.see(serverFacts(server ?? new Map<string, string>(), tube === null));
        if (tube !== null) context.see(tubeFacts(await readStatistics(conversation, 'stats-tube')));
        await conversation.write('quit\r\n');
        conversation.end();
      },
    };
  },
};

/** Null: the server as a whole. Source of the characters: beanstalkd/doc/protocol.txt. */
function tubeOf({ path }: Target): string | null {
  const name = path.replace(/^\//, '');
  if (name === '') return null;
  if (name === PLACEHOLDER || /^[A-Za-z0-9+/;.$_()][A-Za-z0-9+/;.$_()-]{0,199}$/.test(name)) return name;
  throw new InvalidOptions(
    'target',
    `saw the path "${safeLine(path, 40)}", expected the name of a tube such as /emails`,
  );
}
