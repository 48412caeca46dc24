/** Who is judged before whom: canaries before all, parents before those that depend on them. */
export interface DecisionOrder {
  /** Settles when all that this service waits for have been judged, or will not be any more. */
  readonly turn: (service: string) => Promise<void>;
  /** Says that one has been judged. */
  readonly judged: (service: string) => void;
  /** Nobody else will be judged: whoever still waits has its turn. */
  readonly end: () => void;
}

export interface OrderInput {
  /** judged before all others */
  readonly canaries: readonly string[];
  /** those that a service depends on */
  readonly parents: (service: string) => readonly string[];
  /** whether there will be a result of this one: nobody waits for another */
  readonly isExpected: (service: string) => boolean;
}

/** Circles among parents are config errors, so that nobody waits for ever. */
export function createDecisionOrder({ canaries, parents, isExpected }: OrderInput): DecisionOrder {
  const judged = new Set<string>();
  const waiters = new Map<string, Waiter[]>();
  let ended = false;
  const append = (name: string, waiter: Waiter) => {
    const others = waiters.get(name);
    if (others === undefined) waiters.set(name, [waiter]);
    else others.push(waiter);
  };
  const release = (name: string) => {
    for (const waiter of waiters.get(name) ?? []) {
      waiter.missing -= 1;
      if (waiter.missing === 0 || ended) waiter.go();
    }
    waiters.delete(name);
  };

  return {
    turn: (service) => {
      const own = canaries.includes(service) ? [] : [...canaries, ...parents(service)];
      const missing = [...new Set(own)].filter((name) => !judged.has(name) && isExpected(name));
      if (ended || missing.length === 0) return Promise.resolve();
      return new Promise((go) => {
        const waiter = { missing: missing.length, go };
        for (const name of missing) append(name, waiter);
      });
    },
    judged: (service) => {
      judged.add(service);
      release(service);
    },
    end: () => {
      ended = true;
      for (const name of [...waiters.keys()]) release(name);
    },
  };
}

interface Waiter {
  missing: number;
  readonly go: () => void;
}
