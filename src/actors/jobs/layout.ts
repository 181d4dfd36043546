/** The task of `layout-pool.ts`. */
export { layoutChart } from '../../chart/layout.js';
