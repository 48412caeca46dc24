import type { ValidateFunction } from 'ajv';

/** The validators that schema/generate.ts made, loaded once and only when a config is checked. */
export interface Validators {
  readonly validateTop: ValidateFunction;
  readonly validateDefaults: ValidateFunction;
  /** what every entry may hold */
  readonly validateShared: ValidateFunction;
  /** what the prober of this type adds to its entries */
  validateOptions(type: string): ValidateFunction;
}

/** Throws when they were not made. */
export async function createValidators(): Promise<Validators> {
  const made = (await import('./generated/validators.js')) as {
    readonly [name: string]: ValidateFunction | undefined;
  };
  const named = (name: string): ValidateFunction => {
    const validate = made[name];
    if (validate === undefined) throw new Error(`no validator ${name}: run make generate`);
    return validate;
  };
  return {
    validateTop: named('top'),
    validateDefaults: named('defaults'),
    validateShared: named('shared'),
    validateOptions: (type) => named(`options_${type}`),
  };
}
