import { ActionIcon, Anchor, Button, NavLink, type ActionIconProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

/** A link within the app; it preloads on hover. */
export const AppLink = createLink(Anchor<'a'>);

/** A button that leads somewhere: a real link, which opens in another tab as links do. */
export const ButtonLink = createLink((props: ButtonProps & Omit<ComponentProps<'a'>, keyof ButtonProps>) => <Button component="a" {...props} />);

/** An entry of the menu. */
export const MenuLink = createLink(NavLink<'a'>);

/** An icon that leads somewhere; give it an `aria-label`. */
export const IconLink = createLink((props: ActionIconProps & Omit<ComponentProps<'a'>, keyof ActionIconProps>) => <ActionIcon component="a" {...props} />);
