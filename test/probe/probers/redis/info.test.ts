import { describe, expect, test } from 'vitest';
import { infoFacts } from '../../../../lib/probe/probers/redis/info.ts';
import { parseInfo } from '../../../../lib/probe/wire/redis-info.ts';

const facts = (lines: string[], db = 0) => infoFacts(parseInfo(lines.join('\r\n')), db);
const MB = 2 ** 20;

describe('INFO', () => {
  test('comments, empty lines and lines of other programs are passed over', () => {
    expect([...parseInfo('# Server\r\n\r\nredis_version:7.0\r\nnonsense\r\n:x\r\na:b:c\r\n')]).toEqual([
      ['redis_version', '7.0'],
      ['a', 'b:c'],
    ]);
  });

  test('nothing known leaves every fact absent', () => {
    expect(Object.values(facts(['x:y'])).filter((value) => value !== null)).toEqual([]);
  });

  test('Valkey tells its own version', () => {
    expect(facts(['redis_version:7.2.4', 'valkey_version:8.0.1']).version).toBe('8.0.1');
  });

  test.each([
    [['role:slave', 'master_link_status:up', 'master_last_io_seconds_ago:3'], 'up', 3],
    [
      [
        'role:slave',
        'master_link_status:down',
        'master_link_down_since_seconds:70',
        'master_last_io_seconds_ago:-1',
      ],
      'down',
      70,
    ],
    [['role:slave', 'master_link_status:down', 'master_link_down_since_seconds:-1'], 'down', null],
    [['role:slave', 'master_link_status:down', 'master_sync_in_progress:1'], 'down', null],
  ])('%j', (lines, link, lag_s) => {
    expect(facts(lines)).toMatchObject({ role: 'replica', link, lag_s });
  });

  test.each([
    [['rdb_last_bgsave_status:ok', 'aof_last_write_status:ok', 'aof_last_bgrewrite_status:ok'], true],
    [['rdb_last_bgsave_status:err', 'aof_last_write_status:ok'], false],
    [['rdb_last_bgsave_status:ok', 'aof_last_write_status:err'], false],
    [['rdb_last_bgsave_status:ok', 'aof_last_bgrewrite_status:err'], false],
    [[], null],
  ])('%j: persistence_ok %s', (lines, ok) => {
    expect(facts(lines).persistence_ok).toBe(ok);
  });

  test.each([
    ['noeviction', 100 * MB, [], true],
    ['noeviction', 99.5 * MB, [], true],
    ['noeviction', 98 * MB, [], false],
    ['allkeys-lru', 100 * MB, [], false],
    ['volatile-ttl', 100 * MB, ['db3:keys=9,expires=0,avg_ttl=0'], true],
    ['volatile-ttl', 100 * MB, ['db3:keys=9,expires=2,avg_ttl=100'], false],
    ['noeviction', 101 * MB, [`mem_not_counted_for_evict:${String(20 * MB)}`], false],
  ])('%s with %d of 100 MB used, %j: full %s', (policy, used, more, full) => {
    const lines = ['role:master', `used_memory:${String(Math.floor(used))}`, `maxmemory:${String(100 * MB)}`];
    expect(facts([...lines, `maxmemory_policy:${policy}`, ...more]).memory_full).toBe(full);
  });

  test('a master without a limit is never full, a replica is not asked', () => {
    expect(
      facts(['role:master', 'used_memory:9', 'maxmemory:0', 'maxmemory_policy:noeviction']).memory_full,
    ).toBe(false);
    expect(
      facts(['role:slave', 'used_memory:9', 'maxmemory:9', 'maxmemory_policy:noeviction']).memory_full,
    ).toBeNull();
  });

  test('keys of the database chosen; one without a line has none', () => {
    const lines = ['used_memory:1', 'db0:keys=12,expires=1,avg_ttl=0', 'db5:keys=7,expires=0'];
    expect([facts(lines, 0).keys, facts(lines, 5).keys, facts(lines, 1).keys]).toEqual([12, 7, 0]);
  });
});
