import { mkdirSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const FREERADIUS_PROGRAMS = ['freeradius'];

export const SECRET = 'shared secret 1';
export const LOGIN = { username: 'probe', password: 'a password of more than sixteen bytes' } as const;

export interface FreeRadius extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts freeradius on a free port of 127.0.0.1, with the user `probe`, and `otp`, who is asked for more. */
export async function startFreeRadius({ status = true } = {}): Promise<FreeRadius> {
  const temporary = temporaryDirectory('freeradius');
  const port = await freePort();
  const at = (name: string) => `${temporary.path}/${name}`;
  mkdirSync(at('run'));
  writeFileSync(
    at('users'),
    `${LOGIN.username} Cleartext-Password := "${LOGIN.password}"
\tReply-Message = "welcome",
\tFramed-IP-Address = 192.0.2.7,
\tSession-Timeout = 3600,
\tTunnel-Private-Group-Id:1 = "42",
\tTunnel-Type:1 = VLAN,
\tClass = 0x616263
`,
  );
  writeFileSync(
    at('radiusd.conf'),
    `name = freeradius
raddbdir = ${temporary.path}
logdir = ${temporary.path}
run_dir = ${at('run')}
libdir = /usr/lib/freeradius
pidfile = ${at('run')}/pid
max_request_time = 5
security {
  status_server = ${status ? 'yes' : 'no'}
  reject_delay = 0
  allow_vulnerable_openssl = yes
}
modules {
  pap {
  }
  chap {
  }
  always handled {
    rcode = handled
  }
  files {
    usersfile = ${at('users')}
  }
}
client probe {
  ipaddr = 127.0.0.1
  secret = "${SECRET}"
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${String(port)}
  }
  authorize {
    if (&User-Name == "otp") {
      update reply {
        &Reply-Message := "your code"
        &State := 0x0102
      }
      update control {
        &Response-Packet-Type := Access-Challenge
      }
      handled
    }
    chap
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    Auth-Type CHAP {
      chap
    }
  }
}
`,
    { mode: 0o600 },
  );
  const daemon = await startDaemon({
    argv: [
      'freeradius',
      '-f',
      '-l',
      'stdout',
      '-d',
      temporary.path,
      '-n',
      'radiusd',
      '-D',
      '/usr/share/freeradius',
    ],
    ready: (output) => output.includes('Ready to process requests'),
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
