/** IndexedDB by promises: what every page that keeps something on the phone needs of it. */

/** What a request came to. */
export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error ?? new Error("IndexedDB"));
  });
}

/** When everything of a transaction is kept; rejected with what stopped it. */
export function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((yes, no) => {
    transaction.oncomplete = () => yes();
    transaction.onerror = transaction.onabort = () => no(transaction.error ?? new Error("IndexedDB"));
  });
}
