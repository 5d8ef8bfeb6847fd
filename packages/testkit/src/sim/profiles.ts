/** Every kind of worlds, by its name. */
import { FOLDER_PROFILES } from './folder-profiles.ts';
import { HISTORY_PROFILES } from './history-profiles.ts';
import { MIRROR_PROFILES } from './mirror-profiles.ts';
import type { Profile } from './profile.ts';
import { RELAY_PROFILES } from './relay-profiles.ts';
import { VERSION_PROFILES } from './version-profiles.ts';

export const PROFILES: Readonly<Record<string, Profile>> = {
  ...FOLDER_PROFILES,
  ...MIRROR_PROFILES,
  ...HISTORY_PROFILES,
  ...RELAY_PROFILES,
  ...VERSION_PROFILES,
};
