/** One hook of one event, as fixed when the event was committed. */
export interface HookReference {
  /** absolute path of the executable */
  readonly path: string;
  /** which hooks of different events belong together, for their order: `on_down.d/10-mail` and `on_up.d/10-mail` */
  readonly lane: string;
}
