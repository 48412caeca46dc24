import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { http } from '../../../../lib/probe/probers/http.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { temporaryDirectory } from '../../../servers/daemon.ts';

const directory = temporaryDirectory('curl');
afterAll(() => directory.remove());

/** Debian’s curl has no HTTP/3: this one writes down what it was told, and says what the test wants. */
function fakeCurl(said: { stdout?: string; stderr?: string; exit?: number; sleep?: boolean }) {
  const at = (name: string) => path.join(directory.path, name);
  writeFileSync(at('stdout'), said.stdout ?? '');
  writeFileSync(at('stderr'), said.stderr ?? '');
  writeFileSync(
    at('curl'),
    `#!/bin/sh\nd=${directory.path}\necho "$*" > $d/argv\ncat > $d/config\n${said.sleep === true ? 'sleep 30\n' : ''}cat $d/stdout\ncat $d/stderr >&2\nexit ${String(said.exit ?? 0)}\n`,
  );
  chmodSync(at('curl'), 0o755);
  const env = { ...process.env, PATH: `${directory.path}:${process.env['PATH'] ?? ''}` };
  return {
    probe: (url: string, entry: Entry = {}) =>
      probeTarget(http, url, { ...entry, options: { http_version: '3', ...entry.options } }, { env }),
    argv: () => readFileSync(at('argv'), 'utf8').trim(),
    config: () => readFileSync(at('config'), 'utf8').split('\n'),
  };
}

const PAGE = 'HTTP/3 200 \r\ncontent-type: text/html\r\nserver: quick\r\n\r\n<title>Fast</title>';

describe('HTTP/3 by curl (a fake one: Debian’s is built without)', () => {
  it('reads the answer, and its certificates', async () => {
    const pem = readFileSync(testCertificates().valid.cert, 'utf8');
    // The first execution loads what runs programs.
    const curl = fakeCurl({ stdout: PAGE, stderr: `\npuptime-ip=127.0.0.1\nSubject:x\n${pem}` });
    const result = await curl.probe('https://localhost:4433/path?a=[b]', {
      keep: ['headers'],
      timeout_ms: 10_000,
    });
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      status: 200,
      version: '3',
      title: 'Fast',
      ip: '127.0.0.1',
      alpn: 'h3',
    });
    expect(Math.floor(result.facts['cert_days'] as number)).toBe(90);
    expect(curl.argv()).toBe('-q --config -');
    expect(curl.config()).toEqual(
      expect.arrayContaining(['http3-only', 'url = "https://localhost:4433/path?a=[b]"', 'request = "GET"']),
    );
    expect(curl.config().some((line) => /^resolve = "localhost:4433:(127\.0\.0\.1|::1)"$/.test(line))).toBe(
      true,
    );
  });

  it('what is sent goes to its standard input, secrets too; nothing breaks out of its quotes', async () => {
    const curl = fakeCurl({ stdout: PAGE });
    await curl.probe('https://127.0.0.1/', {
      options: { auth: { bearer: 'sesame-1' }, body: '@file "x"\\\nnext', headers: { 'X-Empty': '' } },
    });
    expect(curl.argv()).not.toContain('sesame');
    expect(curl.config()).toEqual(
      expect.arrayContaining([
        'request = "POST"',
        'header = "authorization: Bearer sesame-1"',
        'header = "x-empty;"',
        'data-raw = "@file \\"x\\"\\\\\\nnext"',
      ]),
    );
  });

  it('redirects are followed by puptime, interim answers passed over, and a missing certificate is no fault', async () => {
    const curl = fakeCurl({ stdout: `HTTP/3 103 \r\nlink: </a>\r\n\r\n${PAGE}` });
    expect((await curl.probe('https://127.0.0.1/')).reasons).toEqual([]);
    const away = fakeCurl({ stdout: 'HTTP/3 302 \r\nlocation: /\r\n\r\n' });
    expect((await away.probe('https://127.0.0.1/')).reason?.code).toBe('redirect');
  });

  it.each([
    [
      2,
      'curl: option --http3-only: the installed libcurl version doesn’t support this',
      'unknown',
      'tool_missing',
    ],
    [7, 'curl: (7) Failed to connect to localhost port 443', 'down', 'refused'],
    [28, 'curl: (28) Connection timeout', 'down', 'timeout'],
    [60, 'curl: (60) SSL certificate problem: certificate has expired', 'down', 'tls_expired'],
    [60, 'curl: (60) SSL: no alternative certificate subject name matches', 'down', 'tls_hostname'],
    [
      60,
      'curl: (60) SSL certificate problem: unable to get local issuer certificate',
      'down',
      'tls_untrusted',
    ],
    [56, 'curl: (56) Recv failure', 'down', 'closed'],
    [95, 'curl: (95) HTTP/3 stream error', 'down', 'protocol'],
    [99, 'curl: (99) whatever', 'unknown', 'exit'],
  ])('exit %i, %s', async (exit, stderr, status, code) => {
    const result = await fakeCurl({ exit, stderr: `${stderr}\n` }).probe('https://127.0.0.1/');
    expect([result.status, result.reason?.code], result.reason?.text).toEqual([status, code]);
  });

  it('a curl that prints something else, and one that never ends', async () => {
    const old = await fakeCurl({ stdout: 'HTTP/1.1 200 OK\r\n\r\n' }).probe('https://127.0.0.1/');
    expect(old.reason?.code).toBe('protocol');
    const frozen = await fakeCurl({ sleep: true }).probe('https://127.0.0.1/', { timeout_ms: 300 });
    expect([frozen.status, frozen.reason?.code]).toEqual(['down', 'timeout']);
  });

  it('this host’s own curl, when it is not built with HTTP/3, is tool_missing', async () => {
    const result = await probeTarget(http, 'https://127.0.0.1:9/', { options: { http_version: 3 } });
    expect(result.status === 'unknown' ? result.reason?.code : 'tool_missing').toBe('tool_missing');
  });

  it('a target without TLS is a mistake of the config', () => {
    expect(() => jobFor(http, 'http://127.0.0.1/', { options: { http_version: '3' } })).toThrow(
      'always encrypted',
    );
  });
});
