export declare function checkoutAdvice(error: unknown, root?: string): string | undefined;
