import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { distrust } from '../../lib/state/trust-path.ts';

const uid = process.getuid?.() ?? 0;
const asRoot = it.skipIf(uid !== 0);
const top = mkdtempSync(join(tmpdir(), 'puptime-trust-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

function place(name: string, { dirMode = 0o755, fileMode = 0o755 } = {}): string {
  const dir = join(top, name);
  mkdirSync(dir);
  const file = join(dir, 'on_down');
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, fileMode);
  chmodSync(dir, dirMode);
  return file;
}

describe('a path is trusted', () => {
  it('when it and all above it are ours and closed, also under the sticky /tmp', () => {
    expect(distrust(place('ours'), uid)).toBeNull();
  });
  it('when a directory above it is sticky', () => {
    expect(distrust(place('sticky', { dirMode: 0o1777 }), uid)).toBeNull();
  });
  it('when a directory above it is writable by our own group alone', () => {
    expect(distrust(place('own-group', { dirMode: 0o775 }), uid)).toBeNull();
  });
  it('through a symbolic link to a place that is trusted too', () => {
    const target = place('linked');
    symlinkSync(target, join(top, 'link'));
    symlinkSync('../ours/../link', join(top, 'linked', 'relative'));
    expect(distrust(join(top, 'linked', 'relative'), uid)).toBeNull();
  });
});

describe('a path is distrusted, and the reason names the place,', () => {
  it('when the file is writable by everybody', () => {
    const file = place('open-file', { fileMode: 0o777 });
    expect(distrust(file, uid)).toBe(`${file} is writable by everybody (mode 0777): chmod o-w ${file}`);
  });
  it('when a directory above is writable by everybody', () => {
    const file = place('open-dir', { dirMode: 0o777 });
    const dir = join(top, 'open-dir');
    expect(distrust(file, uid)).toBe(`${dir} is writable by everybody (mode 0777): chmod o-w ${dir}`);
  });
  it('when a link leads through a directory that is writable by everybody', () => {
    const file = place('open-behind', { dirMode: 0o777 });
    symlinkSync(file, join(top, 'to-open'));
    expect(distrust(join(top, 'to-open'), uid)).toMatch(/open-behind is writable by everybody/);
  });
  it('when the link itself lies in a directory that is writable by everybody', () => {
    const file = place('closed-behind');
    place('open-before', { dirMode: 0o777 });
    symlinkSync(file, join(top, 'open-before', 'link'));
    expect(distrust(join(top, 'open-before', 'link'), uid)).toMatch(/open-before is writable by everybody/);
  });
  it('when it does not exist', () => {
    expect(distrust(join(top, 'nowhere', 'on_down'), uid)).toBe(`${join(top, 'nowhere')} does not exist`);
  });
  it('when links go in a circle', () => {
    symlinkSync(join(top, 'circle'), join(top, 'circle'));
    expect(distrust(join(top, 'circle'), uid)).toMatch(/too many symbolic links/);
  });
  asRoot('when a third user owns the file, a directory above, or a link', () => {
    const file = place('third-file');
    chownSync(file, 12345, 0);
    expect(distrust(file, uid)).toMatch(/third-file\/on_down is owned by user 12345, expected root:/);
    const below = place('third-dir');
    chownSync(join(top, 'third-dir'), 12345, 0);
    expect(distrust(below, uid)).toMatch(/third-dir is owned by user 12345/);
    symlinkSync(place('third-link'), join(top, 'stranger'));
    lchownSync(join(top, 'stranger'), 12345, 0);
    expect(distrust(join(top, 'stranger'), uid)).toMatch(/stranger is owned by user 12345/);
  });
  asRoot('when another group may write to it', () => {
    const file = place('group', { dirMode: 0o775 });
    chownSync(join(top, 'group'), 0, 12345);
    expect(distrust(file, uid)).toMatch(/group is writable by group 12345 \(mode 0775\)/);
  });
  asRoot('when the running user is not the owner, and trusted when it is', () => {
    const file = place('theirs');
    chownSync(file, 12345, 12345);
    chownSync(join(top, 'theirs'), 12345, 12345);
    chownSync(top, 12345, 12345);
    expect(distrust(file, 12345)).toBeNull();
    expect(distrust(file, 54321)).toMatch(/owned by user 12345, expected root or user 54321/);
    chownSync(top, 0, 0);
  });
});
