namespace Switchyard.Core.Execution;

/// <summary>
/// What a task left in <c>result.json</c> of its attempt directory, parsed. All of it is optional: a plain command
/// leaves nothing.
/// </summary>
/// <param name="ExitValue">What a notebook gave to <c>dbutils.notebook.exit</c>.</param>
/// <param name="ExitValueTruncated">True if the value was longer than is kept.</param>
/// <param name="Values">Task values, each a JSON text.</param>
/// <param name="Error">The last line of the failure, such as <c>ValueError: no rows</c>.</param>
/// <param name="ErrorTrace">The whole trace.</param>
/// <param name="Runner">What ran it, such as <c>plain</c> or <c>jupyter</c>.</param>
public sealed record TaskOutcome(
    string? ExitValue,
    bool ExitValueTruncated,
    IReadOnlyDictionary<string, string> Values,
    string? Error,
    string? ErrorTrace,
    string? Runner);
