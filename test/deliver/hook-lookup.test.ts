import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findHooks, vetHook } from '../../lib/deliver/hook-lookup.ts';
import { makePlace, type Place } from './fixture.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const uid = process.getuid?.() ?? 0;
const at = () => ({ dir: place.hooks, uid });
const short = (paths: readonly { readonly path: string }[]) =>
  paths.map(({ path }) => path.replace(`${place.hooks}/`, ''));

function fill(): void {
  place.hook('on_down', '');
  for (const name of [
    '20-b',
    '10-a',
    '30.c.sh',
    'Z',
    'x~',
    'x.bak',
    'x.dpkg-old',
    'x.dpkg-new',
    'x.disabled',
    '.hidden',
  ]) {
    place.hook(`on_down.d/${name}`, '');
  }
  writeFileSync(`${place.hooks}/on_down.d/README`, 'read me');
  mkdirSync(`${place.hooks}/on_down.d/directory`);
}

test('NAME first, then NAME.d by name; leftovers of editors and packages are passed over', () => {
  fill();
  const { hooks, skipped } = findHooks('on_down', null, at());
  expect(short(hooks)).toEqual([
    'on_down',
    'on_down.d/10-a',
    'on_down.d/20-b',
    'on_down.d/30.c.sh',
    'on_down.d/Z',
  ]);
  expect(short(skipped.filter(({ expected }) => !expected))).toEqual([
    'on_down.d/README',
    'on_down.d/directory',
  ]);
  expect(short(skipped.filter(({ expected }) => expected))).toEqual(
    ['.hidden', 'x.bak', 'x.disabled', 'x.dpkg-new', 'x.dpkg-old', 'x~'].map((name) => `on_down.d/${name}`),
  );
  expect(findHooks('on_up', null, at())).toEqual({ hooks: [], skipped: [] });
  expect(findHooks('on_down', null, { dir: null, uid })).toEqual({ hooks: [], skipped: [] });
  expect(findHooks('on_down', null, { dir: '/nonexistent', uid })).toEqual({ hooks: [], skipped: [] });
});

test.each([
  [{ replace: false, run: { on_down: ['/x/page'] } }, ['on_down', '/x/page']],
  [{ replace: true, run: { on_down: ['/x/page'] } }, ['/x/page']],
  [{ replace: true, run: {} }, []],
  [{ replace: false, run: { on_up: ['/x/page'] } }, ['on_down']],
])('a service adds, replaces or silences: %j', (service, expected) => {
  place.hook('on_down', '');
  expect(short(findHooks('on_down', service, at()).hooks)).toEqual(expected);
});

test('what may not run is refused with the reason and what to do', () => {
  const path = place.hook('on_down', '');
  expect(vetHook(path, at())).toEqual({ kind: 'fit' });
  chmodSync(path, 0o644);
  expect(vetHook(path, at())).toEqual({
    kind: 'refused',
    reason: `${path} is not executable: chmod +x it, or remove it`,
  });
  chmodSync(path, 0o757);
  expect(vetHook(path, at())).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('writable by everybody'),
  });
  chmodSync(path, 0o755);
  chmodSync(place.hooks, 0o777);
  expect(vetHook(path, at())).toEqual({
    kind: 'refused',
    reason: `${place.hooks} is writable by everybody (mode 0777): chmod o-w ${place.hooks}`,
  });
  chmodSync(place.hooks, 0o755);
  expect(vetHook(`${place.hooks}/none`, at())).toEqual({ kind: 'gone' });
  symlinkSync('/nonexistent', `${place.hooks}/dangling`);
  expect(vetHook(`${place.hooks}/dangling`, at())).toEqual({ kind: 'gone' });
  expect(vetHook(place.hooks, at())).toEqual({ kind: 'refused', reason: `${place.hooks} is not a file` });
  symlinkSync(path, `${place.hooks}/link`);
  expect(vetHook(`${place.hooks}/link`, at())).toEqual({ kind: 'fit' });
});

test('what cannot even be looked at is refused, not a crash', () => {
  symlinkSync('loop', `${place.hooks}/on_down`);
  symlinkSync('on_down', `${place.hooks}/loop`);
  expect(short(findHooks('on_down', null, at()).hooks)).toEqual(['on_down']);
  expect(vetHook(`${place.hooks}/on_down`, at())).toEqual({
    kind: 'refused',
    reason: `${place.hooks}/on_down cannot be looked at (ELOOP)`,
  });
  symlinkSync('loop', `${place.hooks}/on_up.d`);
  const reason = `${place.hooks}/on_up.d cannot be read (ELOOP), so that no hook in it runs`;
  expect(findHooks('on_up', null, at())).toEqual({
    hooks: [],
    skipped: [{ path: `${place.hooks}/on_up.d`, reason, expected: false }],
  });
});
