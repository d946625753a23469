using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Client;

namespace Switchyard.Cli;

/// <summary>Which server a command talks to, and as whom: flags, else the environment, else what <c>yard login</c> saved.</summary>
internal sealed record Context(string? Server, string? Token)
{
    public const string DefaultServer = "http://127.0.0.1:8484";

    /// <summary>Where <c>yard login</c> saves.</summary>
    public static string FilePath => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } home ? home : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
        "switchyard", "context.json");

    /// <summary>Puts it together. A saved token goes only to the server it was saved for.</summary>
    public static Context Resolve(string? server, string? token)
    {
        server ??= NotEmpty(Environment.GetEnvironmentVariable("YARD_SERVER"));
        token ??= NotEmpty(Environment.GetEnvironmentVariable("YARD_TOKEN"));
        if (server is not null && token is not null)
            return new(server, token);
        var saved = Load();
        if (server is null || server.TrimEnd('/') == saved?.Server?.TrimEnd('/'))
            token ??= saved?.Token;
        return new(server ?? saved?.Server, token);
    }

    /// <summary>A client of it.</summary>
    public YardClient Open()
    {
        var server = Server ?? DefaultServer;
        return Uri.TryCreate(server.Contains("://", StringComparison.Ordinal) ? server : "http://" + server, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new YardClient(uri, Token)
            : throw new CommandFailedException($"'{server}' is no server address. Use http://HOST:PORT.");
    }

    /// <summary>Saves it, readable by this user only.</summary>
    public void Save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        var text = JsonSerializer.Serialize(this, ContextJson.Default.Context);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(FilePath);
        using var writer = new StreamWriter(FilePath, options);
        writer.Write(text);
    }

    private static Context? Load()
    {
        try
        {
            return File.Exists(FilePath) ? JsonSerializer.Deserialize(File.ReadAllText(FilePath), ContextJson.Default.Context) : null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"{FilePath} cannot be read ({error.Message.TrimEnd('.')}). Delete it and run 'yard login' again.");
        }
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(Context))]
internal sealed partial class ContextJson : JsonSerializerContext;
