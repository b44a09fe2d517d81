import type { UserStrategy } from './views.ts';

/**
 * Reads a user's module.
 * @throws Error when it has no `order` by default, or can't be read
 */
export async function importStrategy(url: string): Promise<UserStrategy> {
  const found: unknown = ((await import(url)) as { readonly default?: unknown }).default;
  if (!isUserStrategy(found)) throw new Error('there is no `export default { order(members, caller) { … } }`');
  return found;
}

function isUserStrategy(found: unknown): found is UserStrategy {
  return typeof found === 'object' && found !== null && 'order' in found && typeof found.order === 'function';
}
