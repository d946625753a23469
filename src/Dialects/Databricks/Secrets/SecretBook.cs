using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Dialects.Databricks.Secrets;

/// <summary>What a principal may do with a scope.</summary>
internal enum SecretLevel
{
    Read = 1,
    Write = 2,
    Manage = 3,
}

/// <summary>
/// The secrets of the installation: sealed in the store, opened for who may read them. Tasks get those of the user they run as
/// when they start, as one text in their environment, and each value is masked in what they write.
/// </summary>
/// <param name="seal">Seals a text to a number.</param>
/// <param name="open">Opens it.</param>
public sealed class SecretBook(IStore store, Func<long, string, Result<string>> seal, Func<long, string, Result<string>> open, TimeProvider time)
{
    /// <summary>Bytes of secrets that a task gets at the most: a variable has no room for more.</summary>
    internal const int MostForTask = 120_000;

    private const string BundleMark = "secrets of ";
    private const string OneMark = "secret of ";

    /// <summary>How long what a user may read is remembered: teams and administrators change elsewhere.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<long, Bundle> _bundles = new();

    /// <summary>Refers to all secrets that a user may read.</summary>
    internal static Binding AllOf(long userId) => Binding.Of(new Reference(ReferenceKind.Secret, Name: BundleMark + Digits(userId)));

    /// <summary>Refers to one secret, <c>scope/key</c>, if a user may read it.</summary>
    public static Binding One(long userId, string name) => Binding.Of(new Reference(ReferenceKind.Secret, Name: $"{OneMark}{Digits(userId)} {name}"));

    /// <summary>A text in which <c>{{secrets/scope/key}}</c> refers to secrets that a user may read.</summary>
    internal static Binding Compile(string text, long userId)
    {
        const string Open = "{{secrets/", Close = "}}";
        var segments = new List<Segment>();
        var at = 0;
        for (var start = text.IndexOf(Open, StringComparison.Ordinal); start >= 0; start = text.IndexOf(Open, at, StringComparison.Ordinal))
        {
            var end = text.IndexOf(Close, start, StringComparison.Ordinal);
            if (end < 0)
                break;
            var name = text[(start + Open.Length)..end];
            segments.Add(new Segment(text[at..start]));
            segments.AddRange(One(userId, name).Segments);
            at = end + Close.Length;
        }

        return segments.Count == 0 ? Binding.Literal(text) : new Binding([.. segments, new Segment(text[at..])]);
    }

    /// <summary>What a reference of <see cref="AllOf"/> or <see cref="Compile"/> stands for, for an attempt that starts now; null when there is no such secret, or it may not be read.</summary>
    public string? Find(string? reference)
    {
        if (reference?.StartsWith(BundleMark, StringComparison.Ordinal) == true && long.TryParse(reference.AsSpan(BundleMark.Length), out var user))
            return BundleOf(user).Text;
        if (reference?.StartsWith(OneMark, StringComparison.Ordinal) != true || reference[OneMark.Length..].Split(' ', 2) is not [var id, var name] || !long.TryParse(id, out user))
            return null;
        return BundleOf(user).Values.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : null;
    }

    /// <summary>The texts to mask for what <see cref="Find"/> gave.</summary>
    public IReadOnlyList<string> Masked(string? reference, string value) =>
        reference?.StartsWith(BundleMark, StringComparison.Ordinal) == true && long.TryParse(reference.AsSpan(BundleMark.Length), out var user) && value.Length > 0
            ? [value, .. BundleOf(user).Values.Values.Select(Encoding.UTF8.GetString)]
            : [value];

    /// <summary>Forgets what users may read: something about secrets changed.</summary>
    internal void Changed() => _bundles.Clear();

    /// <summary>A value, sealed to its place.</summary>
    internal Result<string> Seal(string scope, string name, ReadOnlySpan<byte> value) => seal(Place(scope, name), Convert.ToBase64String(value));

    /// <summary>A sealed value.</summary>
    internal Result<byte[]> Open(SealedSecret secret) =>
        open(Place(secret.Scope, secret.Name), secret.Sealed).Ok(out var text, out var refusal) ? Convert.FromBase64String(text) : refusal;

    private Bundle BundleOf(long userId)
    {
        if (_bundles.TryGetValue(userId, out var known) && time.GetUtcNow() - known.At < Kept)
            return known;
        return _bundles[userId] = Load(userId).GetAwaiter().GetResult();
    }

    private async Task<Bundle> Load(long userId)
    {
        var now = time.GetUtcNow();
        var values = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        if (await store.UserGet(userId, CancellationToken.None).ConfigureAwait(false) is not { } user)
            return new Bundle(now, "", values);
        foreach (var scope in await store.SecretScopes(CancellationToken.None).ConfigureAwait(false))
        {
            if (LevelOf(scope, user.AsCaller()) is null)
                continue;
            foreach (var secret in await store.Secrets(scope.Name, CancellationToken.None).ConfigureAwait(false))
            {
                if (Open(secret).Ok(out var value, out _))
                    values[$"{scope.Name}/{secret.Name}"] = value;
            }
        }

        return new Bundle(now, Text(values), values);
    }

    /// <summary>The highest level that somebody has in a scope, or null.</summary>
    internal static SecretLevel? LevelOf(SecretScope scope, Caller caller)
    {
        if (caller.Admin)
            return SecretLevel.Manage;
        var own = Principal.Of(caller);
        var levels = scope.Rights.Where(right => own.Contains(right.Principal)).Select(right => (SecretLevel)right.Level).ToList();
        return levels.Count == 0 ? null : levels.Max();
    }

    /// <summary>What a task is told: the values by scope and key, and the names of those for which there was no room, the largest.</summary>
    private static string Text(SortedDictionary<string, byte[]> values)
    {
        if (values.Count == 0)
            return "";
        var (given, left, room) = (new JsonObject(), new JsonArray(), MostForTask);
        foreach (var (name, value) in values.OrderBy(pair => pair.Value.Length).ThenBy(pair => pair.Key, StringComparer.Ordinal))
        {
            room -= name.Length + 8 + (value.Length + 2) / 3 * 4;
            if (room > 0)
                given[name] = Convert.ToBase64String(value);
            else if (room > -8_000 || left.Count < 20)
                left.Add(name);
        }

        return new JsonObject { ["values"] = given, ["left_out"] = left }.ToJsonString();
    }

    private static long Place(string scope, string name) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{scope}/{name}")));

    private static string Digits(long id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed record Bundle(DateTimeOffset At, string Text, SortedDictionary<string, byte[]> Values);
}
