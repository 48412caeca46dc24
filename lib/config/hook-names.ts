/** Hooks that a service may have of its own. */
export const CONFIG_HOOKS = [
  'on_result',
  'on_first',
  'on_down',
  'on_up',
  'on_slow',
  'on_degraded',
  'on_restore',
  'on_change',
  'on_unknown',
  'on_reminder',
  'on_flapping',
  'on_dead',
] as const;
