import { ActionIcon, Anchor, Button, NavLink } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

/** A link within the app; it preloads on hover. */
export const AppLink = createLink(Anchor<'a'>);

/** A button that leads somewhere. */
export const ButtonLink = createLink(Button<'a'>);

/** An entry of the menu. */
export const MenuLink = createLink(NavLink<'a'>);

/** An icon that leads somewhere; give it an `aria-label`. */
export const IconLink = createLink(ActionIcon<'a'>);
