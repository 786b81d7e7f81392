/** Counts the API requests in progress, and the maximum since the last clear. */
export class Concurrency {
  #current = 0;
  #maximum = 0;

  enter(): void {
    this.#current += 1;
    this.#maximum = Math.max(this.#maximum, this.#current);
  }

  leave(): void {
    this.#current -= 1;
  }

  read(): { readonly current: number; readonly maximum: number } {
    return { current: this.#current, maximum: this.#maximum };
  }

  clear(): void {
    this.#maximum = this.#current;
  }
}
