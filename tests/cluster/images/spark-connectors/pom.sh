# Makes a pom.xml of a list of jars: each by itself, without what it depends on.
awk '
  BEGIN { print "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion><groupId>image</groupId><artifactId>spark</artifactId><version>1</version><dependencies>" }
  !/^#/ && !seen[$3]++ {
    n = split($3, part, "/"); group = part[1]; for (i = 2; i <= n - 3; i++) group = group "." part[i]
    print "<dependency><groupId>" group "</groupId><artifactId>" part[n - 2] "</artifactId><version>" part[n - 1] "</version>"
    print "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
  }
  END { print "</dependencies></project>" }
'
