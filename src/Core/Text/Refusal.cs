using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Core.Text;

/// <summary>Why something was not done. Each dialect maps the code to its own status and shape, once.</summary>
public enum RefusalCode
{
    /// <summary>The input is not acceptable; the message names the field, the value and the remedy.</summary>
    Invalid,
    NotFound,

    /// <summary>Something is in the way: a name taken, a version changed, a state that forbids it.</summary>
    Conflict,

    /// <summary>No or no valid credential.</summary>
    Unauthenticated,

    /// <summary>A valid credential without the right.</summary>
    Forbidden,

    /// <summary>A limit was reached.</summary>
    Exhausted,

    /// <summary>Understood, but not available on this installation.</summary>
    Unavailable,

    /// <summary>Something broke here. Its details are in the log, never in the answer.</summary>
    Internal,
}

/// <summary>A refusal as a value: a code for programs, a message for people.</summary>
public sealed record Refusal(RefusalCode Code, string Message)
{
    /// <summary>Names the offending field where there is one (<c>tasks[2].depends_on</c>).</summary>
    public string? Field { get; init; }
}

/// <summary>A value, or the reason why there is none.</summary>
public readonly struct Result<T>
{
    private Result(T? value, Refusal? refusal) => (Value, Refusal) = (value, refusal);

    /// <summary>The value, when there is no refusal.</summary>
    public T? Value { get; }

    /// <summary>The refusal, or null.</summary>
    public Refusal? Refusal { get; }

    /// <summary>True when there is a value; the compiler then knows both sides.</summary>
    public bool Ok([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Refusal? refusal)
    {
        (value, refusal) = (Value, Refusal);
        return Refusal is null;
    }

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(default, refusal);
}
