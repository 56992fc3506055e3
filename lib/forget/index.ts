// A person is forgotten, by what a home or an account brings. This file is what others may import.
export type { Beside, ForgetContext, ForgetReceipt, ForgetRequest } from './types.ts';
export { forgetPerson } from './forget.ts';
export { itemsOf, onlineFeatures, rememberedAnswers, type ItemStore, type OpenStore, type StoreItem } from './stores.ts';
