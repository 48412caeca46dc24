import type { Prober } from './prober.ts';

/** A prober before it is loaded. Its own file says the same; a test holds the two together. */
export interface RegisteredProber {
  readonly type: string;
  readonly schemes: readonly string[];
  load(): Promise<Prober<never>>;
}

/** One line for each prober: the only place that knows them all. */
export const PROBERS: readonly RegisteredProber[] = [
  { type: 'amqp', schemes: ['amqp', 'amqps'], load: async () => (await import('./probers/amqp.ts')).amqp },
  { type: 'command', schemes: [], load: async () => (await import('./probers/command.ts')).command },
  {
    type: 'dns',
    schemes: ['dns', 'dns+tcp', 'dns+tls', 'dns+https'],
    load: async () => (await import('./probers/dns.ts')).dns,
  },
  { type: 'ftp', schemes: ['ftp', 'ftps'], load: async () => (await import('./probers/ftp.ts')).ftp },
  { type: 'git', schemes: ['git'], load: async () => (await import('./probers/git.ts')).git },
  { type: 'http', schemes: ['http', 'https'], load: async () => (await import('./probers/http.ts')).http },
  { type: 'ldap', schemes: ['ldap', 'ldaps'], load: async () => (await import('./probers/ldap.ts')).ldap },
  {
    type: 'kafka',
    schemes: ['kafka', 'kafkas'],
    load: async () => (await import('./probers/kafka.ts')).kafka,
  },
  { type: 'mqtt', schemes: ['mqtt', 'mqtts'], load: async () => (await import('./probers/mqtt.ts')).mqtt },
  { type: 'imap', schemes: ['imap', 'imaps'], load: async () => (await import('./probers/imap.ts')).imap },
  { type: 'modbus', schemes: ['modbus'], load: async () => (await import('./probers/modbus.ts')).modbus },
  { type: 'ntp', schemes: ['ntp'], load: async () => (await import('./probers/ntp.ts')).ntp },
  { type: 'ping', schemes: ['ping'], load: async () => (await import('./probers/ping.ts')).ping },
  { type: 'pop3', schemes: ['pop3', 'pop3s'], load: async () => (await import('./probers/pop3.ts')).pop3 },
  { type: 'sieve', schemes: ['sieve'], load: async () => (await import('./probers/sieve.ts')).sieve },
  { type: 'radius', schemes: ['radius'], load: async () => (await import('./probers/radius.ts')).radius },
  {
    type: 'syslog',
    schemes: ['syslog', 'syslog+tcp', 'syslog+tls'],
    load: async () => (await import('./probers/syslog.ts')).syslog,
  },
  { type: 'tcp', schemes: ['tcp'], load: async () => (await import('./probers/tcp.ts')).tcp },
  {
    type: 'mysql',
    schemes: ['mysql', 'mariadb'],
    load: async () => (await import('./probers/mysql.ts')).mysql,
  },
  {
    type: 'postgres',
    schemes: ['postgres', 'postgresql'],
    load: async () => (await import('./probers/postgres.ts')).postgres,
  },
  {
    type: 'redis',
    schemes: ['redis', 'rediss'],
    load: async () => (await import('./probers/redis.ts')).redis,
  },
  {
    type: 'smtp',
    schemes: ['smtp', 'smtps', 'lmtp'],
    load: async () => (await import('./probers/smtp.ts')).smtp,
  },
  {
    type: 'cassandra',
    schemes: ['cassandra'],
    load: async () => (await import('./probers/cassandra.ts')).cassandra,
  },
  {
    type: 'clickhouse',
    schemes: ['clickhouse'],
    load: async () => (await import('./probers/clickhouse.ts')).clickhouse,
  },
  { type: 'mssql', schemes: ['mssql'], load: async () => (await import('./probers/mssql.ts')).mssql },
  { type: 'mongodb', schemes: ['mongodb'], load: async () => (await import('./probers/mongodb.ts')).mongodb },
  { type: 'sftp', schemes: ['sftp'], load: async () => (await import('./probers/sftp.ts')).sftp },
  { type: 'snmp', schemes: ['snmp'], load: async () => (await import('./probers/snmp.ts')).snmp },
  { type: 'ssh', schemes: ['ssh'], load: async () => (await import('./probers/ssh.ts')).ssh },
  { type: 'rsync', schemes: ['rsync'], load: async () => (await import('./probers/rsync.ts')).rsync },
  { type: 'nntp', schemes: ['nntp', 'nntps'], load: async () => (await import('./probers/nntp.ts')).nntp },
  { type: 'irc', schemes: ['irc', 'ircs'], load: async () => (await import('./probers/irc.ts')).irc },
  { type: 'tftp', schemes: ['tftp'], load: async () => (await import('./probers/tftp.ts')).tftp },
  { type: 'xmpp', schemes: ['xmpp', 'xmpps'], load: async () => (await import('./probers/xmpp.ts')).xmpp },
  { type: 'whois', schemes: ['whois'], load: async () => (await import('./probers/whois.ts')).whois },
  { type: 'finger', schemes: ['finger'], load: async () => (await import('./probers/finger.ts')).finger },
  { type: 'gopher', schemes: ['gopher'], load: async () => (await import('./probers/gopher.ts')).gopher },
  { type: 'gemini', schemes: ['gemini'], load: async () => (await import('./probers/gemini.ts')).gemini },
  { type: 'tls', schemes: ['tls'], load: async () => (await import('./probers/tls.ts')).tls },
  { type: 'udp', schemes: ['udp'], load: async () => (await import('./probers/udp.ts')).udp },
  { type: 'grpc', schemes: ['grpc', 'grpcs'], load: async () => (await import('./probers/grpc.ts')).grpc },
  { type: 'ws', schemes: ['ws', 'wss'], load: async () => (await import('./probers/ws.ts')).ws },
  {
    type: 'elasticsearch',
    schemes: ['elasticsearch', 'elasticsearch+https'],
    load: async () => (await import('./probers/elasticsearch.ts')).elasticsearch,
  },
  {
    type: 'etcd',
    schemes: ['etcd', 'etcd+https'],
    load: async () => (await import('./probers/etcd.ts')).etcd,
  },
  {
    type: 'consul',
    schemes: ['consul', 'consul+https'],
    load: async () => (await import('./probers/consul.ts')).consul,
  },
  {
    type: 'influx',
    schemes: ['influx', 'influx+https'],
    load: async () => (await import('./probers/influx.ts')).influx,
  },
  {
    type: 'couchdb',
    schemes: ['couchdb', 'couchdb+https'],
    load: async () => (await import('./probers/couchdb.ts')).couchdb,
  },
  {
    type: 'prometheus',
    schemes: ['prometheus', 'prometheus+https'],
    load: async () => (await import('./probers/prometheus.ts')).prometheus,
  },
  {
    type: 'docker',
    schemes: ['docker', 'docker+https'],
    load: async () => (await import('./probers/docker.ts')).docker,
  },
  {
    type: 'kubernetes',
    schemes: ['kubernetes', 'kubernetes+https'],
    load: async () => (await import('./probers/kubernetes.ts')).kubernetes,
  },
  {
    type: 'registry',
    schemes: ['registry', 'registry+https'],
    load: async () => (await import('./probers/registry.ts')).registry,
  },
  {
    type: 'vault',
    schemes: ['vault', 'vault+https'],
    load: async () => (await import('./probers/vault.ts')).vault,
  },
  {
    type: 'icecast',
    schemes: ['icecast', 'icecast+https'],
    load: async () => (await import('./probers/icecast.ts')).icecast,
  },
  {
    type: 'ipp',
    schemes: ['ipp', 'ipp+https', 'ipps'],
    load: async () => (await import('./probers/ipp.ts')).ipp,
  },
  { type: 'unix', schemes: ['unix'], load: async () => (await import('./probers/unix.ts')).unix },
  {
    type: 'sentinel',
    schemes: ['sentinel', 'sentinels'],
    load: async () => (await import('./probers/sentinel.ts')).sentinel,
  },
  {
    type: 'memcached',
    schemes: ['memcached', 'memcacheds'],
    load: async () => (await import('./probers/memcached.ts')).memcached,
  },
  {
    type: 'beanstalkd',
    schemes: ['beanstalkd'],
    load: async () => (await import('./probers/beanstalkd.ts')).beanstalkd,
  },
  {
    type: 'gearman',
    schemes: ['gearman', 'gearmans'],
    load: async () => (await import('./probers/gearman.ts')).gearman,
  },
  { type: 'nats', schemes: ['nats', 'natss'], load: async () => (await import('./probers/nats.ts')).nats },
  {
    type: 'zookeeper',
    schemes: ['zookeeper', 'zookeepers'],
    load: async () => (await import('./probers/zookeeper.ts')).zookeeper,
  },
  {
    type: 'stomp',
    schemes: ['stomp', 'stomps'],
    load: async () => (await import('./probers/stomp.ts')).stomp,
  },
  { type: 'stun', schemes: ['stun', 'turn'], load: async () => (await import('./probers/stun.ts')).stun },
  {
    type: 'sip',
    schemes: ['sip', 'sip+tcp', 'sips'],
    load: async () => (await import('./probers/sip.ts')).sip,
  },
  { type: 'rtsp', schemes: ['rtsp', 'rtsps'], load: async () => (await import('./probers/rtsp.ts')).rtsp },
  {
    type: 'minecraft',
    schemes: ['minecraft'],
    load: async () => (await import('./probers/minecraft.ts')).minecraft,
  },
  { type: 'source', schemes: ['source'], load: async () => (await import('./probers/source.ts')).source },
  { type: 'vnc', schemes: ['vnc'], load: async () => (await import('./probers/vnc.ts')).vnc },
  { type: 'rdp', schemes: ['rdp'], load: async () => (await import('./probers/rdp.ts')).rdp },
  { type: 'socks5', schemes: ['socks5'], load: async () => (await import('./probers/socks5.ts')).socks5 },
  { type: 'smb', schemes: ['smb'], load: async () => (await import('./probers/smb.ts')).smb },
  {
    type: 'httpproxy',
    schemes: ['httpproxy', 'httpproxy+https'],
    load: async () => (await import('./probers/httpproxy.ts')).httpproxy,
  },
  { type: 'mumble', schemes: ['mumble'], load: async () => (await import('./probers/mumble.ts')).mumble },
  { type: 'domain', schemes: ['domain'], load: async () => (await import('./probers/domain.ts')).domain },
  { type: 'nfs', schemes: ['nfs'], load: async () => (await import('./probers/nfs.ts')).nfs },
];

export function proberForScheme(scheme: string): RegisteredProber | undefined {
  return PROBERS.find((prober) => prober.schemes.includes(scheme));
}

export function proberOfType(type: string): RegisteredProber | undefined {
  return PROBERS.find((prober) => prober.type === type);
}
