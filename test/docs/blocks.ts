import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** One page of the documentation. */
export interface Page {
  /** from the root of the repository */
  readonly file: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  readonly file: string;
  /** 1-based, of its first line */
  readonly line: number;
  /** `yaml`, `sh`, `ini` … */
  readonly language: string;
  readonly text: string;
  /** the last line with text before it */
  readonly before: string;
}

/** README, docs/ and what else is there to read. */
export function readPages(): readonly Page[] {
  const inside = (folder: string) =>
    readdirSync(path.join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.join(folder, name));
  const files = [...inside('.'), ...inside('docs'), ...inside('hooks.example')];
  return files.map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}

/** The fenced blocks of one language. */
export function blocksOf(language: string, pages: readonly Page[]): readonly Block[] {
  return pages.flatMap(({ file, text }) =>
    [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
      .filter(([, name]) => name === language)
      .map((match) => {
        const above = text.slice(0, match.index);
        return {
          file,
          line: above.split('\n').length + 1,
          language,
          text: match[2] ?? '',
          before: above.trimEnd().split('\n').at(-1) ?? '',
        };
      }),
  );
}

/** Page and line, for the name of a test. */
export function placeOf({ file, line }: Pick<Block, 'file' | 'line'>): string {
  return `${file}:${String(line)}`;
}

/** The page without its fenced and indented blocks: prose, tables and inline code. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```\w*\n.*?^```$/gms, '').replace(/^ {4}.*$/gm, '');
}
