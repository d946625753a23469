using System.Text;

namespace Switchyard.Snapshots.Tests;

public sealed class IgnoreRulesTests
{
    [Theory]
    [InlineData("*.csv", "a.csv", true)]
    [InlineData("*.csv", "deep/er/a.csv", true)]
    [InlineData("/root.txt", "root.txt", true)]
    [InlineData("/root.txt", "a/root.txt", false)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "x/a/b", false)]
    [InlineData("**/b", "x/a/b", true)]
    [InlineData("a/**/b", "a/b", true)]
    [InlineData("a/**/b", "a/x/y/b", true)]
    [InlineData("a/*/b", "a/x/y/b", false)]
    [InlineData("a/**", "a/x", true)]
    [InlineData("a*c", "a/c", false)]
    [InlineData("[!a-c].txt", "d.txt", true)]
    [InlineData("[!a-c].txt", "b.txt", false)]
    [InlineData("[[:digit:]]", "7", true)]
    [InlineData("\\#x", "#x", true)]
    [InlineData("\\!x", "!x", true)]
    [InlineData("x\\ ", "x ", true)]
    [InlineData("x   ", "x", true)]
    [InlineData("*.log\n!keep.log", "keep.log", false)]
    [InlineData("# comment", "# comment", false)]
    [InlineData("x\r", "x", true)]
    [InlineData("[", "[", false)]
    public void A_pattern_means_what_it_means_to_git(string rules, string path, bool ignored) =>
        Assert.Equal(ignored, IgnoreRules.Ignores(IgnoreRules.Read(null, "", Encoding.UTF8.GetBytes(rules)), path, path[(path.LastIndexOf('/') + 1)..], isDirectory: false));

    [Fact]
    public void A_pattern_made_to_take_forever_does_not()
    {
        var pattern = string.Concat(Enumerable.Repeat("*a", 60)) + "b";
        Assert.False(Wildcards.Match(pattern, new string('a', 250)));
        Assert.False(Wildcards.Match(string.Concat(Enumerable.Repeat("**/", 60)) + "b", string.Concat(Enumerable.Repeat("a/", 120))));
    }

    /// <summary>Random trees under random rules: what is frozen is what git would add.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task What_is_frozen_is_what_git_would_add(int seed)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/git"), "git is not installed");
        var random = new Random(seed);
        using var place = new Place();
        var git = $"--git-dir={place.Root}/git";
        Place.RunIn(place.Project, "git", git, "init", "-q");
        for (var round = 0; round < 40; round++)
        {
            Directory.Delete(place.Project, recursive: true);
            Directory.CreateDirectory(place.Project);
            var rules = new StringBuilder();
            Fill(place.Project, random, 0, rules);
            var expected = Place.RunIn(place.Project, "git", git, "--work-tree=.", "ls-files", "-z", "--others", "--exclude-standard").Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(Files.Shown).ToList();
            var frozen = new List<string>();
            Collect(place.Store, (await place.Freeze()).Id, "", frozen);
            var (missing, extra) = (expected.Except(frozen).ToList(), frozen.Except(expected).ToList());
            Assert.True(missing.Count + extra.Count == 0,
                $"seed {seed} round {round}: missing [{string.Join(", ", missing)}], extra [{string.Join(", ", extra)}] under{rules}");
        }
    }

    private static void Collect(SnapshotStore store, string id, string path, List<string> found)
    {
        foreach (var entry in store.List(id, path).Value!)
            if (entry.Kind == Core.Snapshots.SnapshotEntryKind.Directory)
                Collect(store, id, path + entry.Name + "/", found);
            else
                found.Add(path + entry.Name);
    }

    private static readonly string[] Names = ["a", "b", "ab", "abc", "a.txt", "b.txt", "build", "x y", "é", "[a]", "#x", "!x", "a-b", ".hidden", "A"];

    private static readonly string[] Parts = ["a", "b", "*", "**", "?", "a*", "*b", "*.txt", "[ab]", "[!a]", "[a-b]*", "a**", "**b", "build", "\\#x", "\\!x", "x y", "x\\ y", "é", "??",
        "[[:alpha:]]", "[[:nope:]]", "[", "[]a]", "[]-a]", "\\a", "a\\", ".*", "[^.]*", "*a*", "[a", "[[]a]", "[\\]a]"];

    private static void Fill(string directory, Random random, int depth, StringBuilder rules)
    {
        foreach (var name in Names.Where(_ => random.Next(2) > 0))
            if (depth < 2 && random.Next(3) == 0)
                Fill(Directory.CreateDirectory(Path.Combine(directory, name)).FullName, random, depth + 1, rules);
            else
                File.WriteAllText(Path.Combine(directory, name), "");
        if (random.Next(depth + 1) > 0)
            return;
        var lines = new StringBuilder();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            lines.Append(random.Next(3) == 0 ? "!" : "").Append(random.Next(4) == 0 ? "/" : "");
            lines.Append(string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Parts[random.Next(Parts.Length)])));
            lines.Append(random.Next(4) == 0 ? "/" : "").Append(random.Next(6) == 0 ? "  " : "").Append(random.Next(8) == 0 ? "\r\n" : "\n");
        }

        File.WriteAllText(Path.Combine(directory, ".gitignore"), lines.ToString());
        rules.Append('\n').Append(directory).Append("/.gitignore:\n").Append(lines);
    }
}
