/** A set of callbacks for one kind of event. The returned function takes the callback away again. */
export class Listeners<Event> {
  readonly #callbacks = new Set<(event: Event) => void>();

  add(callback: (event: Event) => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /**
   * Tells all of them. What one throws keeps it neither from the others nor from whoever emits, for what is told of has
   * happened; it is thrown on its own afterwards, as an error that nobody handles.
   */
  emit(event: Event): void {
    // A copy: a callback may add or remove others while it runs.
    for (const callback of [...this.#callbacks]) {
      try {
        callback(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
