namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>Contents that travel in JSON.</summary>
internal static class Base64
{
    /// <summary>The bytes of a text; none for a text that is not there.</summary>
    public static Outcome<byte[]> Read(string? text, string parameter)
    {
        var bytes = new byte[text?.Length ?? 0];
        return Convert.TryFromBase64String(text ?? "", bytes, out var length)
            ? bytes[..length]
            : Problem.Invalid($"Invalid value for parameter {parameter}: it is not base64. Encode the file's bytes as base64 text.");
    }
}
