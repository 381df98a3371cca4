/** How many listeners a signal has, counted from now on. */
export function countListeners(signal: AbortSignal): { count: number } {
  const counted = { count: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    counted.count++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    counted.count--;
    removeEventListener.apply(signal, args);
  };
  return counted;
}
