import { isObject, type Json, type JsonObject } from '../../words/json.ts';
import type { FactTable } from '../../words/fact.ts';
import type { Prober } from '../prober.ts';
import { type Answer, numberIn, objectIn, refuseForm, textIn } from '../wire/http/answer.ts';
import {
  PRESET_FACTS,
  PRESET_OPTIONS,
  type PresetOptions,
  preparePreset,
  presetPrefer,
  presetSchemes,
} from '../wire/http/preset.ts';

const FACTS = {
  on_air: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether somebody sends to the mount that the path names; absent when it names none',
  },
  sources: { kind: 'number', meaning: 'mounts that somebody sends to' },
  listeners: { kind: 'number', meaning: 'listeners of the mount, or of all when the target names none' },
  title: { kind: 'text', meaning: 'what the mount plays, as its source says; absent when it says nothing' },
  version: { kind: 'word', meaning: 'what the server calls itself, "Icecast 2.4.4"' },
  ...PRESET_FACTS,
} as const satisfies FactTable;

export const icecast: Prober<PresetOptions, typeof FACTS> = {
  type: 'icecast',
  proves:
    'The server tells its state and, with a mount in the path, somebody sends to that. One request, GET /status-json.xsl; nothing is listened to.',
  schemes: presetSchemes('icecast', 8000, 443),
  example: 'icecast://radio.example.org/live.ogg',
  options: PRESET_OPTIONS,
  facts: FACTS,
  proxy: true,
  codes: { status: 'nobody sends to the mount, or the server answers with a failure of its own' },
  defaults: (_options, scheme) => ({
    expect: { status: 200, on_air: { any_of: [true, { exists: false }] } },
    prefer: presetPrefer(scheme),
  }),
  prepare: preparePreset({ path: 'name' }, async ({ ask, context, path }) => {
    const answer = await ask('/status-json.xsl');
    context.see({ status: answer.status });
    const icestats = statsIn(answer);
    const sources = sourcesIn(icestats.source);
    const mount = path === '' ? undefined : sources.find((source) => mountOf(source) === path);
    const heard = path === '' ? sources : mount === undefined ? [] : [mount];
    context.see({
      version: textIn(icestats, 'server_id'),
      sources: sources.length,
      listeners: heard.reduce((sum, source) => sum + (numberIn(source, 'listeners') ?? 0), 0),
      ...(path === '' ? {} : { on_air: mount !== undefined }),
      title: mount === undefined ? null : textIn(mount, 'title'),
    });
  }),
};

/**
 * Icecast writes its JSON with a style sheet: right after a start, and with some titles (a lone dash), it is none. Then
 * the mounts at least are read.
 */
function statsIn(answer: Answer): JsonObject {
  const { json, text } = answer;
  if (json === undefined && /^\s*\{\s*"icestats"\s*:/.test(text)) {
    const urls = text.match(/"listenurl"\s*:\s*"[^"\\]{1,500}"/g) ?? [];
    return {
      source: urls.map((pair) => ({
        listenurl: pair
          .slice(pair.indexOf(':') + 1)
          .trim()
          .slice(1, -1),
      })),
    };
  }
  const { icestats } = objectIn(answer, 'Icecast');
  return isObject(icestats) ? icestats : refuseForm(answer, 'Icecast', 'icestats in it');
}

/** One source is no list. */
function sourcesIn(source: Json | undefined): readonly JsonObject[] {
  const all = Array.isArray(source) ? (source as readonly Json[]) : [source ?? null];
  return all.filter((one): one is JsonObject => isObject(one));
}

/** The path of `listenurl`, without its first slash; null without one. */
function mountOf(source: JsonObject): string | null {
  const url = textIn(source, 'listenurl');
  if (url === null || !URL.canParse(url)) return null;
  try {
    return decodeURIComponent(new URL(url).pathname.slice(1));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
