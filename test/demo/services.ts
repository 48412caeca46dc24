import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What can go wrong with the services of the demo; changed while they run. */
export interface Health {
  /** what the cache wants; another one than the config’s is refused */
  cachePassword: string;
  /** how long the shop thinks */
  shopDelay_ms: number;
  /** what the name server says of shop.example.org */
  shopAddress: string;
}

export interface Services {
  /** for the environment of puptime: the ports, as the example config names them */
  readonly ports: { readonly [name: string]: string };
  close(): void;
}

/** A web shop, a Redis, a mail server, a name server and an SSH gateway on free ports of 127.0.0.1. */
export async function startServices(health: Health): Promise<Services> {
  const shop = createHttpServer((_, response) => {
    void pause(health.shopDelay_ms).then(() => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"database": "up", "queue": 3}');
    });
  });
  const cache = createServer((socket) => answerLines(socket, redisAnswers(health)));
  const mail = createServer((socket) => {
    socket.write('220 mail.example.org ESMTP demo\r\n');
    answerLines(socket, smtpAnswer);
  });
  const gateway = createServer((socket) => {
    socket.on('error', () => socket.destroy()).write('SSH-2.0-OpenSSH_9.2p1 demo\r\n');
    socket.resume();
  });
  const dns = createSocket('udp4');
  dns.on('message', (query, { port, address }) =>
    dns.send(dnsAnswer(query, health.shopAddress), port, address),
  );
  dns.bind(0, '127.0.0.1');
  await once(dns, 'listening');
  const servers = { SHOP_PORT: shop, CACHE_PORT: cache, MAIL_PORT: mail, GATEWAY_PORT: gateway };
  const ports = await Promise.all(
    Object.entries(servers).map(async ([name, server]) => [name, await listen(server)] as const),
  );
  return {
    ports: { ...Object.fromEntries(ports), DNS_PORT: String(dns.address().port) },
    close: () => {
      for (const server of Object.values(servers)) server.close();
      dns.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return String(address.port);
}

function answerLines(socket: Socket, answer: (line: string) => string): void {
  let unread = '';
  socket.setEncoding('utf8').on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (unread + text).split('\r\n');
    unread = lines.pop() ?? '';
    const answers = lines.map(answer).join('');
    if (answers !== '') socket.write(answers);
  });
}

/** A command comes as `*2`, and then for each of its words a line with its length and the word. Source: RESP2. */
function redisAnswers(health: Health): (line: string) => string {
  let words: string[] = [];
  let missing = 0;
  let loggedIn = false;
  return (line) => {
    if (missing === 0) {
      [words, missing] = [[], Number(line.slice(1))];
      return '';
    }
    // no word of these commands begins with a dollar
    if (line.startsWith('$')) return '';
    words.push(line);
    missing -= 1;
    if (missing > 0) return '';
    if (words[0] === 'AUTH') {
      loggedIn = words.at(-1) === health.cachePassword;
      return loggedIn ? '+OK\r\n' : '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    }
    return loggedIn ? redisAnswer(words[0] ?? '') : '-NOAUTH Authentication required.\r\n';
  };
}

function redisAnswer(command: string): string {
  if (command === 'PING') return '+PONG\r\n';
  return command === 'INFO' ? `$${String(INFO.length)}\r\n${INFO}\r\n` : '+OK\r\n';
}

const INFO =
  '# Server\r\nredis_version:7.2.4\r\nrole:master\r\nloading:0\r\nused_memory:1048576\r\nmaxmemory:0\r\n';

function smtpAnswer(line: string): string {
  if (/^EHLO/i.test(line)) return '250-mail.example.org\r\n250 8BITMIME\r\n';
  return /^QUIT/i.test(line) ? '221 bye\r\n' : '250 ok\r\n';
}

/** The question again, and one A record for its name. Source: RFC 1035 §4.1. */
function dnsAnswer(query: Buffer, address: string): Buffer {
  let end = 12;
  while (query[end] !== 0) end += 1 + (query[end] ?? 0);
  const question = query.subarray(12, end + 5);
  // an answer, authoritative, recursion available; one question, one answer
  const header = [...query.subarray(0, 2), 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
  // name: as at offset 12; A, IN, 300 s, four bytes
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, ...address.split('.').map(Number)];
  return Buffer.concat([Buffer.from(header), question, Buffer.from(record)]);
}
