/** Imports a package from here, where the other engines are installed. */
export const load = (name: string): Promise<unknown> => import(name);
