import { InvalidOptions } from '../probe/prober.ts';
import { PROXY_PORTS, type Proxy, proxyOfTarget } from '../probe/wire/proxy.ts';
import { fillTarget } from './fill-target.ts';
import type { Lookup } from './references.ts';
import { splitTarget } from './target.ts';

export interface FilledProxy {
  readonly proxy: Proxy;
  /** for people: secrets and every password as `***` */
  readonly shown: string;
  readonly passwords: readonly string[];
}

/** The proxy that a config names, references put in. Throws InvalidOptions with the key `proxy`. */
export function proxyOf(written: string, lookup: Lookup): FilledProxy {
  const split = splitTarget(written);
  if (!split.ok) throw new InvalidOptions('proxy', split.text);
  const port = Object.entries(PROXY_PORTS).find(([scheme]) => scheme === split.target.scheme)?.[1] ?? null;
  try {
    const { target, shown, passwords } = fillTarget(split.target, lookup, port);
    return { proxy: proxyOfTarget(target), shown, passwords };
  } catch (error) {
    if (error instanceof InvalidOptions) throw new InvalidOptions('proxy', error.message);
    throw error;
  }
}
