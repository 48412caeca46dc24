/**
 * How far puptime and others go, protocol by protocol: for the end of docs/probers.md. Of the others what their own
 * documentation says that they do by themselves, in the versions named here.
 */
export const COMPARED = [
  'blackbox_exporter 0.25',
  'Gatus 5',
  'Uptime Kuma 2',
  'Monit 5.34',
  'monitoring-plugins 2.4',
] as const;

/**
 * `whole`: a login or a question, and what the answer means. `opening`: the protocol’s own first exchange, or one fixed
 * command. `by hand`: send and expect over a port, or conditions on a document, which the user must write. `—`: no more than
 * whether a port is open.
 */
type Reach = 'whole' | 'opening' | 'by hand' | '—';

interface Row {
  /** prober types of puptime */
  readonly probers: readonly string[];
  /** in the order of COMPARED; a remark may follow after a comma */
  readonly others: readonly [string, string, string, string, string];
}

const none: Row['others'] = ['—', '—', '—', '—', '—'];
const byHand: Row['others'] = ['by hand', 'by hand', '—', 'by hand', 'by hand'];
const documents: Row['others'] = ['by hand', 'by hand', 'by hand', 'by hand', 'by hand'];

export const COVERAGE: readonly Row[] = [
  { probers: ['http'], others: ['whole', 'whole', 'whole', 'whole', 'whole'] },
  { probers: ['ws'], others: ['—', 'whole', 'opening', 'opening', '—'] },
  { probers: ['grpc'], others: ['whole', 'opening', 'whole', '—', '—'] },
  {
    probers: [
      'consul',
      'couchdb',
      'elasticsearch',
      'etcd',
      'icecast',
      'influx',
      'ipp',
      'kubernetes',
      'prometheus',
      'registry',
      'vault',
    ],
    others: documents,
  },
  { probers: ['docker'], others: ['—', '—', 'whole, one container', '—', '—'] },
  { probers: ['dns'], others: ['whole', 'whole', 'whole', 'opening', 'whole'] },
  { probers: ['ping'], others: ['whole', 'whole', 'whole', 'whole', 'whole'] },
  { probers: ['tcp', 'tls', 'unix'], others: ['whole', 'by hand', 'opening', 'whole', 'whole'] },
  { probers: ['udp'], others: ['—', 'by hand', '—', 'whole', 'whole'] },
  { probers: ['smtp'], others: ['by hand', 'opening', 'opening', 'opening', 'whole'] },
  { probers: ['imap', 'pop3'], others: ['by hand', 'by hand', '—', 'opening', 'opening'] },
  { probers: ['sieve'], others: ['by hand', 'by hand', '—', 'opening', 'by hand'] },
  { probers: ['nntp'], others: ['by hand', 'by hand', '—', 'opening', 'opening'] },
  { probers: ['irc'], others: byHand },
  { probers: ['xmpp'], others: ['by hand', 'by hand', '—', 'by hand', 'opening'] },
  { probers: ['ftp'], others: ['by hand', 'by hand', '—', 'opening', 'opening'] },
  { probers: ['rsync'], others: ['by hand', 'by hand', '—', 'opening', 'by hand'] },
  { probers: ['git', 'gopher', 'gemini', 'finger', 'whois'], others: byHand },
  { probers: ['redis', 'sentinel'], others: ['by hand', 'by hand', 'whole', 'opening', 'by hand'] },
  { probers: ['memcached'], others: ['by hand', 'by hand', '—', 'opening', 'by hand'] },
  { probers: ['mqtt'], others: ['—', '—', 'whole', 'opening', '—'] },
  { probers: ['amqp'], others: ['—', '—', 'whole, by its HTTP interface', '—', '—'] },
  { probers: ['kafka'], others: ['—', '—', 'whole, by writing', '—', '—'] },
  { probers: ['beanstalkd', 'gearman', 'nats', 'stomp', 'zookeeper'], others: byHand },
  { probers: ['postgres'], others: ['by hand', '—', 'whole', 'opening', 'whole'] },
  { probers: ['mysql'], others: ['—', '—', 'whole', 'whole', 'whole'] },
  { probers: ['mssql'], others: ['—', '—', 'whole', '—', '—'] },
  { probers: ['mongodb'], others: ['—', '—', 'whole', 'opening', '—'] },
  { probers: ['cassandra', 'clickhouse'], others: none },
  { probers: ['ldap'], others: ['—', '—', '—', 'opening', 'whole'] },
  { probers: ['radius'], others: ['—', '—', 'whole', 'opening', 'whole'] },
  { probers: ['snmp'], others: ['—', '—', 'whole', '—', 'whole'] },
  { probers: ['ntp'], others: ['—', '—', '—', 'opening', 'whole'] },
  { probers: ['ssh'], others: ['by hand', 'whole', '—', 'opening', 'whole'] },
  { probers: ['sftp', 'tftp', 'syslog', 'modbus'], others: none },
  { probers: ['sip'], others: ['—', '—', '—', 'opening', '—'] },
  { probers: ['rtsp'], others: ['by hand', 'by hand', '—', 'by hand', 'opening'] },
  { probers: ['stun', 'vnc', 'rdp', 'mumble', 'nfs'], others: none },
  { probers: ['smb'], others: ['—', '—', '—', '—', 'whole'] },
  { probers: ['minecraft', 'source'], others: ['—', '—', 'whole', '—', 'whole, by qstat'] },
  { probers: ['socks5', 'httpproxy'], others: ['by hand', 'by hand', 'by hand', '—', 'by hand'] },
  { probers: ['domain'], others: ['—', 'whole', 'whole', '—', '—'] },
  { probers: ['command'], others: ['—', '—', '—', 'whole', 'whole'] },
];

/** The words that a remark may follow. */
export const REACHES: readonly Reach[] = ['whole', 'opening', 'by hand', '—'];

/** The section, as Markdown; rows for probers that are there only. */
export function renderCoverage(types: readonly string[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = COVERAGE.map(({ probers, others }) => ({
    probers: probers.filter((type) => types.includes(type)),
    others,
  }))
    .filter(({ probers }) => probers.length > 0)
    .map(({ probers, others }) => line([probers.join(', '), 'whole', ...others]));
  return [
    INTRODUCTION,
    [line(['protocol', 'puptime', ...COMPARED]), '|---|---|---|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}

const INTRODUCTION = `## Compared

What others ask of the same protocols, as their own documentation says in the versions named. *whole*: a login or a question, and
what the answer means. *opening*: the protocol’s own first exchange, or one fixed command. *by hand*: send and expect over a port,
or conditions on a document, which the user writes. *—*: no more than whether a port is open, if that.

The others do much that puptime leaves to hooks: they keep history, draw it, and send messages. Monit restarts what is down;
blackbox_exporter and Gatus measure for Prometheus; Uptime Kuma drives a browser, and has its GameDig for hundreds of games;
monitoring-plugins have a hundred checks of hosts and databases, each of which puptime runs as it is by \`command\` with
\`parse: nagios\`. SNMP for Prometheus is the work of another exporter.`;
