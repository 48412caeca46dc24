import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** Where Debian’s inn2 keeps its programs. */
const BIN = '/usr/lib/news/bin';
/** What these tests need to be installed: inn2. */
export const NNRPD_PROGRAMS = ['nnrpd', 'makehistory'];

export interface Nnrpd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

export interface NnrpdStart {
  readonly certificate?: TestCertificate;
  /** TLS from the first byte */
  readonly direct?: boolean;
  /** only for the user `reader` with the password `pass word` */
  readonly guarded?: boolean;
  /** without an overview: what the server is like when its disk is lost */
  readonly broken?: boolean;
}

const ARTICLE = [
  'Path: news.example.org!not-for-mail',
  'From: Probe <probe@example.org>',
  'Newsgroups: local.test',
  'Subject: one',
  'Date: Thu, 01 Jan 2026 00:00:00 +0000',
  'Message-ID: <one@example.org>',
  'Lines: 1',
  'Xref: news.example.org local.test:1',
  '',
  'Hello.',
  '',
].join('\r\n');

/**
 * Starts nnrpd of INN with a spool of its own: the group `local.test` with one article, `local.empty` without. Root only, as
 * nnrpd becomes the user news.
 */
export async function startNnrpd(start: NnrpdStart = {}): Promise<Nnrpd> {
  const temporary = temporaryDirectory('nnrpd');
  layOut(temporary.path, start);
  const env = { INNCONF: path.join(temporary.path, 'etc/inn.conf') };
  execFileSync('chown', ['-R', 'news:news', temporary.path]);
  chmodSync(temporary.path, 0o755);
  if (start.broken !== true)
    execFileSync(
      'setpriv',
      ['--reuid=news', '--regid=news', '--init-groups', `${BIN}/makehistory`, '-O', '-x', '-F'],
      { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
  const port = await freePort();
  const daemon = await startDaemon({
    argv: [
      ...([`${BIN}/nnrpd`, '-D', '-f', '-n', '-I', '127.0.0.1', '-p', String(port)] as const),
      ...(start.direct === true ? ['-S'] : []),
    ],
    env,
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}

function layOut(top: string, { certificate, guarded }: NnrpdStart): void {
  const at = (name: string) => path.join(top, name);
  for (const name of ['etc', 'db', 'log', 'run', 'tmp', 'spool/articles/local/test', 'spool/overview'])
    mkdirSync(at(name), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(at(name), text);
  const settings: { readonly [name: string]: string } = {
    mta: '"/bin/true"',
    organization: 'puptime',
    domain: 'example.org',
    pathhost: 'news.example.org',
    pathnews: top,
    pathbin: BIN,
    pathetc: at('etc'),
    pathdb: at('db'),
    pathlog: at('log'),
    pathrun: at('run'),
    pathspool: at('spool'),
    pathtmp: at('tmp'),
    hismethod: 'hisv6',
    enableoverview: 'true',
    ovmethod: 'tradindexed',
    // Else it serves nobody while the machine is busy.
    nnrpdloadlimit: '0',
    ...(certificate === undefined ? {} : { tlscertfile: at('etc/cert.pem'), tlskeyfile: at('etc/key.pem') }),
  };
  write('etc/inn.conf', linesOf(settings));
  if (certificate !== undefined) {
    cpSync(certificate.cert, at('etc/cert.pem'));
    cpSync(certificate.key, at('etc/key.pem'));
    chmodSync(at('etc/key.pem'), 0o600);
  }
  write(
    'etc/passwords',
    `reader:${execFileSync('openssl', ['passwd', '-6', 'pass word'], { encoding: 'utf8' })}`,
  );
  const who = guarded === true ? `auth: "ckpasswd -f ${at('etc/passwords')}"` : 'default: "<anon>"';
  write(
    'etc/readers.conf',
    `auth all {\n hosts: "*"\n ${who}\n}\naccess all {\n users: "*"\n newsgroups: "*"\n}\n`,
  );
  write('etc/storage.conf', 'method tradspool {\n newsgroups: *\n class: 0\n}\n');
  write('etc/inn-secrets.conf', '');
  write('db/active', 'local.test 0000000001 0000000001 y\nlocal.empty 0000000000 0000000001 m\n');
  for (const name of ['newsgroups', 'active.times', 'history']) write(`db/${name}`, '');
  write('spool/tradspool.map', '');
  write('spool/articles/local/test/1', ARTICLE);
}

function linesOf(settings: { readonly [name: string]: string }): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}
