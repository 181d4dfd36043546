/** The inspector's page: what is on it, and where it begins. */
import { Api } from './api.js';
import { Gallery } from './gallery.js';
import { Shell } from './shell.js';
import { Theme } from './theme.js';

const token = new URLSearchParams(location.search).get('token') ?? '';
const api = new Api(token);
new Shell([new Gallery(api)], new Theme());
