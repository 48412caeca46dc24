/**
 * What `promise` gives, or null when that takes longer than `ms`. What it does later is nobody’s affair: whoever reads
 * from a conversation must not read again after a null.
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), ms)));
  try {
    return await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}
