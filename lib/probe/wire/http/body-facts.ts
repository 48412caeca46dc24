import { parseForeignJson } from '../../../words/foreign-json.ts';
import type { Json } from '../../../words/json.ts';

/** Text of a body in the charset that its Content-Type names, UTF-8 when it names none or an unknown one. */
export function textOf(bytes: Buffer, contentType: string | null): string {
  const [, charset = 'utf-8'] =
    /;\s*charset\s*=\s*"?([\w.:-]{1,40})/i.exec((contentType ?? '').slice(0, 1000)) ?? [];
  return decoderFor(charset).decode(bytes);
}

function decoderFor(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset);
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder('utf-8');
    throw error;
  }
}

export function isHtml(contentType: string | null, text: string): boolean {
  if (contentType === null) return /^\s{0,100}<(?:!doctype html|html)/i.test(text.slice(0, 200));
  return /html/i.test(contentType.slice(0, 100));
}

/** The document; undefined when the body is none. Not looked for in what neither says it is JSON nor is wanted as such. */
export function jsonOf(text: string, contentType: string | null, wanted: boolean): Json | undefined {
  if (!wanted && !/[/+]json/i.test((contentType ?? '').slice(0, 100))) return undefined;
  return parseForeignJson(text.startsWith('\ufeff') ? text.slice(1) : text);
}
